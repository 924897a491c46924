"""Two reports compared row by row: read, brought together by key, classed, added up."""
