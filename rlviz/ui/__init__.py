"""The pages' library: the only library code that imports streamlit."""
