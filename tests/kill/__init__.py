"""The kill matrix: hisops is killed at every point at which it touches the world, and resumed."""
