"""What starts a run, or is like one: the nightly run, verifying, erasing a person.

Above definitions.py, so that nothing below it imports upwards.
"""
