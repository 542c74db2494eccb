import { AmrError, ArtifactStore, choice, following, integer, required } from '@agentmmrec/core';
import { loadDataset, writeEncodedFeatures } from '@agentmmrec/datasets';
import {
  chooseEncoders,
  encodeItems,
  encoderOptions,
  openEncoders,
  resumableImages,
  resumableText,
} from '@agentmmrec/encoders';
import { defineCommand } from '../command.js';
import { datasetOptions, loadOptions } from '../studies/datasetOptions.js';

// What is encoded is the content; features from elsewhere have no part in it.
const { features: _features, encoded: _encoded, ...contentOptions } = datasetOptions;

export const encode = defineCommand({
  details:
    'Models are ONNX files of your own: a folder with tokenizer.json and model.onnx of a MiniLM-class sentence encoder, and an image model with preprocessor_config.json beside it. Without them the built-in encoders are used. An interrupted call goes on. Every verb that reads data takes the vectors with --encoded FOLDER.',
  example: 'agentmmrec encode --data catalog --out catalog-features',
  options: {
    ...contentOptions,
    out: required({ type: 'text', help: 'the folder for text.arrow and image.arrow' }),
    ...encoderOptions,
    provider: choice('cpu', ['cpu', 'cuda'], 'what runs the models; cuda fails where the runtime lacks it'),
    batch: integer(32, { min: 1, max: 4096, help: 'texts or images at a time' }),
  },
  async run({ data, out, textModel, imageModel, provider, batch, ...options }, session) {
    const { training } = await loadDataset(data, loadOptions({ ...options, features: null, encoded: null }, session));
    if (training.content === null) throw noContent(data);
    const settings = { provider, batch, threads: session.threads ?? 0 };
    const store = new ArtifactStore(session.workspace);
    const [texts, images] = [following(session.log, 'encoding texts'), following(session.log, 'encoding images')];
    const resuming = { store, signal: session.signal };
    const chosen = chooseEncoders({ textModel, imageModel }, session.workspace);
    const { text: textEncoder, image: imageEncoder } = await openEncoders(chosen, settings);
    try {
      const { features, remarks } = await encodeItems(
        // Ready-made features would stand in for the models that were asked for.
        { ...training, features: [] },
        {
          text: resumableText(textEncoder, { ...resuming, ...texts }),
          image: resumableImages(imageEncoder, { ...resuming, ...images }),
        },
        store,
      );
      const names: Record<string, string> = { text: textEncoder.id, image: imageEncoder.id };
      const encoded = features.map(({ modality, matrix }) => ({ modality, encoder: names[modality], matrix }));
      const paths = await writeEncodedFeatures(out, training, encoded);
      const written = features.map(({ modality, matrix }, n) => {
        return { modality, path: paths[n], items: matrix.rows, width: matrix.cols };
      });
      for (const remark of remarks) session.say(remark);
      for (const { path, items, width } of written) session.say(`${path}: ${items} items, ${width} wide`);
      session.say(`next: agentmmrec train --data ${data} --encoded ${out} --model ...`);
      session.emit({ encoders: { text: textEncoder.id, image: imageEncoder.id }, files: written, remarks });
    } finally {
      texts.end();
      images.end();
    }
  },
});

function noContent(data: string): AmrError {
  return new AmrError({
    what: data,
    got: 'a data set without texts and images',
    expected: 'item content',
    hint: 'prepare it from a folder with items.jsonl or metadata (agentmmrec data prepare --help)',
  });
}
