"""The ground: this process and machine, its log, its exit codes and the errors that have them."""
