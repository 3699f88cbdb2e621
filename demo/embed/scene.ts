// The scene: a carousel of pictures, each a tile of one live texture, with its mirror image below. It
// knows three.js, and nothing of diffusion.
import {
  BoxGeometry,
  type BufferAttribute,
  type BufferGeometry,
  DirectionalLight,
  DoubleSide,
  ExternalTexture,
  Group,
  HemisphereLight,
  LinearFilter,
  Mesh,
  MeshBasicMaterial,
  MeshLambertMaterial,
  NearestFilter,
  PerspectiveCamera,
  PlaneGeometry,
  Scene,
  WebGPURenderer,
} from "three/webgpu";

const RADIUS = 2.6;
const SIDE = 1.35; // of a picture
const DEPTH = 0.09; // of its frame
const DISTANCE = 5.9; // of the camera from the middle

export interface CarouselOptions {
  canvas: HTMLCanvasElement;
  /** the device that the pictures are made on */
  device: GPUDevice;
  /** pictures; in the texture they lie ⌈√count⌉ in a row */
  count: number;
  /** edges are smoothed: four samples a pixel, too much for a software adapter */
  antialias: boolean;
}

export class Carousel {
  /** radians */
  angle = 0;
  readonly #renderer: WebGPURenderer;
  readonly #scene = new Scene();
  readonly #camera = new PerspectiveCamera(38, 1, 0.1, 30);
  readonly #ring = new Group();
  readonly #count: number;
  readonly #picture = new MeshBasicMaterial();
  readonly #mirrored = new MeshBasicMaterial({ transparent: true, opacity: 0.14 });
  #shown: ExternalTexture | undefined;

  private constructor(renderer: WebGPURenderer, count: number) {
    this.#renderer = renderer;
    this.#count = count;
    this.#camera.position.set(0, 0.8, DISTANCE);
    this.#camera.lookAt(0, -0.36, 0);
    const sun = new DirectionalLight(0xffffff, 2);
    sun.position.set(2, 4, 5);
    this.#scene.add(new HemisphereLight(0xffffff, 0x888888, 1.6), sun, this.#ring);
    this.#scene.visible = false; // before the first picture
    this.#hang();
  }

  static async create({ canvas, device, count, antialias }: CarouselOptions): Promise<Carousel> {
    const renderer = new WebGPURenderer({ canvas, device, antialias, alpha: true });
    await renderer.init();
    renderer.setClearColor(0x000000, 0); // the page's own ground
    return new Carousel(renderer, count);
  }

  /** Shows what a texture of the shared device holds, from the next frame on. */
  show(texture: GPUTexture): void {
    if (this.#shown?.sourceTexture === texture) return;
    this.#shown?.dispose();
    this.#shown = new ExternalTexture(texture);
    this.#shown.magFilter = NearestFilter;
    this.#shown.minFilter = LinearFilter;
    this.#shown.generateMipmaps = false;
    for (const material of [this.#picture, this.#mirrored]) {
      material.map = this.#shown;
      material.needsUpdate = true;
    }
    this.#scene.visible = true;
  }

  /** Which picture is in front, 0 … count − 1. */
  get front(): number {
    const turns = Math.round((-this.angle / (2 * Math.PI)) * this.#count);
    return ((turns % this.#count) + this.#count) % this.#count;
  }

  /** @param pixelRatio  pixels of the canvas to one of the page */
  resize(width: number, height: number, pixelRatio: number): void {
    this.#renderer.setPixelRatio(pixelRatio);
    this.#renderer.setSize(width, height, false);
    this.#camera.aspect = width / height;
    this.#camera.position.z = DISTANCE * Math.max(1, 1.55 * (height / width));
    this.#camera.updateProjectionMatrix();
  }

  render(): void {
    this.#ring.rotation.y = this.angle;
    this.#renderer.render(this.#scene, this.#camera);
  }

  dispose(): void {
    this.#renderer.dispose();
  }

  #hang(): void {
    const frame = new BoxGeometry(SIDE + 0.1, SIDE + 0.1, DEPTH);
    const wood = new MeshLambertMaterial({ color: 0x8d8981 });
    for (let i = 0; i < this.#count; i++) {
      const at = new Group();
      at.rotation.y = (2 * Math.PI * i) / this.#count;
      const tile = tileOf(i, this.#count);
      const picture = new Mesh(tile, this.#picture);
      const mirrored = new Mesh(tile, this.#mirrored);
      const back = new Mesh(frame, wood);
      picture.position.set(0, 0, RADIUS + DEPTH / 2 + 0.002);
      back.position.set(0, 0, RADIUS);
      mirrored.position.set(0, -SIDE - 0.16, RADIUS + DEPTH / 2);
      mirrored.scale.y = -1;
      at.add(back, picture, mirrored);
      this.#ring.add(at);
    }
    this.#mirrored.side = DoubleSide; // a mirror image turns its triangles round
  }
}

/** A square that shows one tile of a picture of ⌈√count⌉ in a row; row 0 of a texture is its top. */
function tileOf(i: number, count: number): BufferGeometry {
  const columns = Math.ceil(Math.sqrt(count));
  const rows = Math.ceil(count / columns);
  const [column, row] = [i % columns, Math.floor(i / columns)];
  const square = new PlaneGeometry(SIDE, SIDE);
  const uv = square.getAttribute("uv") as BufferAttribute;
  for (let k = 0; k < uv.count; k++) {
    uv.setXY(k, (column + uv.getX(k)) / columns, (row + 1 - uv.getY(k)) / rows);
  }
  return square;
}
