"""Charts: what a picture shows is a plain description; one module turns descriptions into PNG files."""
