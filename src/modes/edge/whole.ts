/**
 * All of Millrace that a page may need, which is loaded where that is more than answers: to say why a package or a row is refused,
 * and for graphs of ONNX Runtime.
 */
import { onDemand } from '../../core/on-demand.ts';
import { type Download, type EdgeOptions, type EdgeScorer, openEdge } from './open.ts';

const onnx = onDemand(() => import('../../runtimes/onnx.web.ts'));

/** @throws DAMAGED_PACKAGE, NOT_LOADED, BAD_MODEL, BAD_TRANSFORM */
export const openWhole = (download: Download, options: EdgeOptions): Promise<EdgeScorer> =>
  openEdge(download, options, async () => {
    const { openOnnxWeb } = await onnx();
    return (file) => openOnnxWeb(file, options);
  });
