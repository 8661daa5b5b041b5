"""How commands speak: what is printed and asked, how far work has got, what is written, and how it ends."""
