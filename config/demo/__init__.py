"""The demo county: real places, plainly fictional firms and people, played through the services."""
