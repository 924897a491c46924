"""One way each to compare the two files of charges; run as `python SCRIPT FOLDER ENDING`, counts come as JSON."""
