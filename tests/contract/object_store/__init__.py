"""The rules of R2's S3 API that the backend leans on, held against the local object store over real HTTP."""
