"""The vocabulary: what a delivery, a skeleton, an instance, a rule and a finding are."""
