"""Asks a server by KServe's own client, in the clients' Python: ``ask_by_kserve.py URL MODEL ROWS``; prints JSON."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

import httpx
from kserve import InferenceRESTClient, InferInput, InferRequest, RESTConfig


async def main(url: str, model: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """What each version of the protocol answers, as the client reads it."""
    first = InferenceRESTClient(RESTConfig(protocol="v1", retries=0))
    second = InferenceRESTClient(RESTConfig(protocol="v2", retries=0))
    asked = InferRequest(model, [_column(name, rows) for name in rows[0]], request_id="r-1")
    found = await second.infer(url, asked, model_name=model)
    unknown = InferRequest("fans", asked.inputs)
    return {
        "v1": {
            "ready": await first.is_model_ready(url, model),
            "predictions": (await first.infer(url, {"instances": rows}, model_name=model))["predictions"],
            "unknown": await _status(first.infer(url, {"instances": rows}, model_name="fans")),
        },
        "v2": {
            "live": await second.is_server_live(url),
            "server_ready": await second.is_server_ready(url),
            "ready": await second.is_model_ready(url, model),
            "id": found.id,
            "model_name": found.model_name,
            "parameters": found.parameters,
            # Through numpy, which takes datatype and shape at their word.
            "outputs": {one.name: one.as_numpy().tolist() for one in found.outputs},
            "classes": {one.name: one.parameters for one in found.outputs if one.parameters},
            "unknown": await _status(second.infer(url, unknown, model_name="fans")),
        },
    }


def _column(name: str, rows: list[dict[str, Any]]) -> InferInput:
    data = [row[name] for row in rows]
    kind = "BYTES" if any(isinstance(value, str) for value in data) else "FP64"
    return InferInput(name=name, shape=[len(data)], datatype=kind, data=data)


async def _status(answer: Any) -> int:
    try:
        await answer
    except httpx.HTTPStatusError as refused:
        return refused.response.status_code
    return 200


if __name__ == "__main__":
    print(json.dumps(asyncio.run(main(sys.argv[1], sys.argv[2], json.loads(sys.argv[3])))))
