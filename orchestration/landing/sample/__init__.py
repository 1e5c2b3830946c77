"""The sample's landing files: the team of five, and loads of any size."""
