"""Which of two versions is better, by the loss or the metric that a gauge file names."""
