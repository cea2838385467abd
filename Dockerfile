# docker build -t rlviz . && docker run --rm -p 8501:8501 rlviz
# With a CUDA build of torch: docker build --build-arg TORCH_INDEX=<its package index> ...

FROM python:3.11-slim AS build
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
RUN python -m venv /venv
ENV PATH=/venv/bin:$PATH PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
COPY requirements.txt .
# The build comes from the index of the argument, the version from requirements.txt.
RUN pip install --no-deps --index-url "$TORCH_INDEX" "$(grep '^torch==' requirements.txt)" \
    && pip install -r requirements.txt

FROM python:3.11-slim
RUN useradd --create-home --uid 10001 rlviz && install -d -o rlviz /data
COPY --from=build /venv /venv
WORKDIR /rlviz
COPY .streamlit .streamlit
COPY app.py requirements.txt ./
COPY pages pages
COPY rlviz rlviz
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 RLVIZ_HOME=/data
USER rlviz
VOLUME /data
EXPOSE 8501
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8501/api/health', timeout=4)"]
# Inside a container only 0.0.0.0 can be published; watching files can exhaust inotify.
CMD ["streamlit", "run", "app.py", "--server.address", "0.0.0.0", "--server.port", "8501", "--server.headless", "true", "--server.fileWatcherType", "none"]
