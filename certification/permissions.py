"""Who may do what with this app's records; file policies: it stores no files."""
