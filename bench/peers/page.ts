// An endpoint in a page: ?job=peer-job&engine=NAME or ?job=kernels.
import {
  type KernelsEndpoint,
  kernelsEndpoint,
  type PeerEndpoint,
  peerEndpoint,
} from "./endpoint.ts";

declare global {
  interface Window {
    endpoint?: PeerEndpoint | KernelsEndpoint;
  }
}

const query = new URLSearchParams(location.search);

window.endpoint =
  query.get("job") === "kernels"
    ? kernelsEndpoint()
    : await peerEndpoint(query.get("engine") ?? "", async (path) => {
        const response = await fetch(`/job/${path}`);
        return response.ok ? new Uint8Array(await response.arrayBuffer()) : undefined;
      });
