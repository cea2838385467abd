"""The server side: hub, routes, access and assets. No torch, no streamlit, no algorithm."""
