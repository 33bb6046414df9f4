"""The vocabulary: deliveries, skeletons, instances, rules and findings."""
