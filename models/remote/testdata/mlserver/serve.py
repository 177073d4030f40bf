"""Serves the graph of a bundle with MLServer, over HTTP and gRPC.

    python serve.py BUNDLE HTTP_PORT GRPC_PORT

The runtime does what MLServer leaves to its user: it hands tensors to ONNX
Runtime, one thread a run as ragprune does.
"""

import asyncio
import json
import sys
from pathlib import Path

import onnxruntime
from mlserver import MLModel, MLServer, ModelSettings, Settings
from mlserver.codecs import NumpyCodec
from mlserver.types import InferenceResponse, MetadataTensor, ResponseOutput

TYPES = {"tensor(int64)": "INT64", "tensor(float)": "FP32"}


def tensors(ports):
    """What the graph says, with -1 for a length that it leaves open."""
    return [
        MetadataTensor(
            name=port.name,
            datatype=TYPES[port.type],
            shape=[axis if isinstance(axis, int) else -1 for axis in port.shape],
        )
        for port in ports
    ]


class Graph(MLModel):
    async def load(self) -> bool:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(
            self.settings.parameters.uri, options, providers=["CPUExecutionProvider"]
        )
        self.inputs = tensors(self.session.get_inputs())
        self.outputs = tensors(self.session.get_outputs())
        return True

    async def predict(self, payload):
        feed = {tensor.name: NumpyCodec.decode_input(tensor) for tensor in payload.inputs}
        names = [output.name for output in self.outputs]
        values = await asyncio.to_thread(self.session.run, names, feed)
        return InferenceResponse(
            model_name=self.name,
            outputs=[
                ResponseOutput(name=name, shape=list(v.shape), datatype="FP32", data=v.ravel().tolist())
                for name, v in zip(names, values)
            ],
        )


async def main():
    bundle, http, grpc = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    manifest = json.loads((bundle / "manifest.json").read_text())
    server = MLServer(
        Settings(host="127.0.0.1", http_port=http, grpc_port=grpc, metrics_endpoint=None, parallel_workers=0)
    )
    model = ModelSettings(
        name=manifest["name"],
        implementation=Graph,
        parameters={"uri": str(bundle / manifest["model"])},
    )
    await server.start([model])


asyncio.run(main())
