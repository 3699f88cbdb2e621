// The class that stands for "no label" in classifier-free guidance: the embedding's last row.
import type { UNetConfig } from "../formats/unet_config.ts";

/** num_class_embeds − 1; −1 where the network knows no classes. @see Ho & Salimans 2022 §3.2 */
export const nullClass = ({ num_class_embeds }: UNetConfig): number => (num_class_embeds ?? 0) - 1;
