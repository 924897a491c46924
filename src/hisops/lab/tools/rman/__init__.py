"""Recovery Manager: backups as real pieces, validation that really reads them."""
