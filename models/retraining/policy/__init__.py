"""Why a challenger starts, how often one may, and when learning is held."""
