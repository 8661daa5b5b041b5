"""The shell: Kafka, Faust, HTTP, files and the command line around the core. It knows no machine learning."""
