"""The folders at the top of the repository install as sub-packages of `posegate`."""

from setuptools import find_namespace_packages, setup

HOUSE = ("pipelines", "transforms", "expectations")

packages = [
    f"posegate.{name}"
    for top in HOUSE
    for name in [
        top,
        # Namespace packages, because folders of data alone have no __init__.py.
        *(
            f"{top}.{sub}"
            for sub in find_namespace_packages(top, exclude=["*__pycache__*"])
        ),
    ]
]
setup(
    packages=packages,
    package_dir={f"posegate.{top}": top for top in HOUSE},
    package_data={"": ["*.toml", "*.json", "*.html", "*.css", "*.md", "*.npz"]},
)
