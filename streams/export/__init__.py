"""What a gauge has published, given to other programs' servers: model versions to MLflow."""
