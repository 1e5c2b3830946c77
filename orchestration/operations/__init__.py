"""Operations that start a run: the nightly run, verification, erasing a person.

Above definitions.py, so that nothing below it imports upwards.
"""
