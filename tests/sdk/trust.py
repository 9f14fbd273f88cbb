"""Sends requests over https in the ways of Python programs, with the trust that `gcmock cert` printed.

    trust.py variables|certifi URL
"""

import asyncio
import ssl
import sys
import urllib.request

import aiohttp
import certifi
import httpx
import requests
import urllib3


def url_lib(url):
    urllib.request.urlopen(url, timeout=10).read()


def url_lib_3(url):
    urllib3.PoolManager(retries=False).request("GET", url)


async def aio(url):
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        await answer.read()


def requests_without_variables(url):
    session = requests.Session()
    session.trust_env = False
    session.get(url, timeout=10)


def certifi_by_name(url):
    urllib.request.urlopen(url, timeout=10, context=ssl.create_default_context(cafile=certifi.where())).read()


def url_lib_3_with_certifi(url):
    urllib3.PoolManager(retries=False, ca_certs=certifi.where()).request("GET", url)


WAYS = {
    "variables": [url_lib, url_lib_3, lambda url: requests.get(url, timeout=10), httpx.get, lambda url: asyncio.run(aio(url))],
    "certifi": [requests_without_variables, certifi_by_name, url_lib_3_with_certifi, requests.get, httpx.get],
}

if __name__ == "__main__":
    for way in WAYS[sys.argv[1]]:
        way(sys.argv[2])
    print(f"passed  Python trusts the local CA by {sys.argv[1]}, in {len(WAYS[sys.argv[1]])} ways")
