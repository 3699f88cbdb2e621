import "wgsl-diffusion/worker-script";
