"""The Data Guard broker of the lab: its configuration, what it watches over, and the role changes it carries out."""
