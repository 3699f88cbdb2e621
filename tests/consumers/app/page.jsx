// Rendered on the server: the package is imported where there is no page and no GPU.
import { SAMPLERS } from "wgsl-diffusion";

export default function Page() {
  return <p>{Object.keys(SAMPLERS).length || SAMPLERS.length} samplers</p>;
}
