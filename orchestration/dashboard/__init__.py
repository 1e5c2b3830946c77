"""The Streamlit dashboard over the published marts."""
