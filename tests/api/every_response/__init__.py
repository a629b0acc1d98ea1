"""Every response has the shape and the headers, whoever made it, and the first thing that is wrong is the answer."""
