// Lines (17) to (22) of DDPM's appendix A as the page sets them. No elements here.
import type { DerivationLine } from "../../src/index.ts";

interface LineWords {
  tex: string;
  why: string;
}

const START = String.raw`\mathbb{E}_q\Big[`;
const STEP = String.raw`p_\theta(x_{t-1}|x_t)`;
const POSTERIOR = "q(x_{t-1}|x_t,x_0)";
const FIRST = String.raw`\log p_\theta(x_0|x_1)`;
const KL = String.raw`D_{\mathrm{KL}}\big(`;

export const LINE_WORDS: Readonly<Record<DerivationLine, LineWords>> = {
  "17": {
    tex: String.raw`L = ${START}{-\log}\frac{p_\theta(x_{0:T})}{q(x_{1:T}|x_0)}\Big]`,
    why: "The bound on the negative log likelihood: both chains are products, so the logarithm is a sum over their factors.",
  },
  "18": {
    tex: String.raw`= ${START}{-\log p(x_T)} - \sum_{t\ge 1}\log\frac{${STEP}}{q(x_t|x_{t-1})}\Big]`,
    why: "The factors of one t are put together.",
  },
  "19": {
    tex: String.raw`= ${START}{-\log p(x_T)} - \sum_{t>1}\log\frac{${STEP}}{q(x_t|x_{t-1})} - \log\frac{p_\theta(x_0|x_1)}{q(x_1|x_0)}\Big]`,
    why: "The step t = 1 is written apart: Bayes’ rule has no posterior for it.",
  },
  "20": {
    tex: String.raw`= ${START}{-\log p(x_T)} - \sum_{t>1}\log\frac{${STEP}}{${POSTERIOR}}\cdot\frac{q(x_{t-1}|x_0)}{q(x_t|x_0)} - \log\frac{p_\theta(x_0|x_1)}{q(x_1|x_0)}\Big]`,
    why: "Bayes’ rule replaces the forward step by its posterior.",
  },
  "21": {
    tex: String.raw`= ${START}{-\log}\frac{p(x_T)}{q(x_T|x_0)} - \sum_{t>1}\log\frac{${STEP}}{${POSTERIOR}} - ${FIRST}\Big]`,
    why: "The quotients of the distributions given the image alone telescope: only the first and the last are left.",
  },
  "22": {
    tex: String.raw`= ${START}${KL}q(x_T|x_0)\,\|\,p(x_T)\big) + \sum_{t>1}${KL}${POSTERIOR}\,\|\,${STEP}\big) - ${FIRST}\Big]`,
    why: "The logarithms become divergences, each an expectation in closed form: equal to (21) in expectation only, not on one trajectory.",
  },
};

/** The library's plain formulas of terms, as TeX. */
export const TERM_TEX: Readonly<Record<string, string>> = {
  "−ln p(x_T)": String.raw`-\ln p(x_T)`,
  "−ln p(x_T) / q(x_T|x_0)": String.raw`-\ln\dfrac{p(x_T)}{q(x_T|x_0)}`,
  "−ln p(x_0|x_1)": String.raw`-\ln p_\theta(x_0|x_1)`,
  "−ln p(x_0|x_1) / q(x_1|x_0)": String.raw`-\ln\dfrac{p_\theta(x_0|x_1)}{q(x_1|x_0)}`,
  "−ln p(x_t−1|x_t)": String.raw`-\ln ${STEP}`,
  "ln q(x_t|x_t−1)": String.raw`\ln q(x_t|x_{t-1})`,
  "−ln p(x_t−1|x_t) / q(x_t|x_t−1)": String.raw`-\ln\dfrac{${STEP}}{q(x_t|x_{t-1})}`,
  "−ln p(x_t−1|x_t) / q(x_t−1|x_t,x_0)": String.raw`-\ln\dfrac{${STEP}}{${POSTERIOR}}`,
  "−ln p(x_t−1|x_t) / q(x_t−1|x_t,x_0) · q(x_t−1|x_0) / q(x_t|x_0)": String.raw`-\ln\dfrac{${STEP}}{${POSTERIOR}}\cdot\dfrac{q(x_{t-1}|x_0)}{q(x_t|x_0)}`,
  "KL(q(x_T|x_0) ‖ p(x_T))": String.raw`D_{\mathrm{KL}}(q(x_T|x_0)\,\|\,p(x_T))`,
  "KL(q(x_t−1|x_t,x_0) ‖ p(x_t−1|x_t))": String.raw`D_{\mathrm{KL}}(${POSTERIOR}\,\|\,${STEP})`,
};
