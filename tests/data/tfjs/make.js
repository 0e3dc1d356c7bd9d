// Writes the TensorFlow.js layers models of this folder and the outputs that
// TensorFlow.js itself computes: `npm i @tensorflow/tfjs && node make.js`.
const fs = require("fs");
const path = require("path");
const tf = require("@tensorflow/tfjs");

async function save(name, model, input, shards) {
  const folder = path.join(__dirname, name);
  fs.rmSync(folder, { recursive: true, force: true });
  fs.mkdirSync(folder);
  const handler = tf.io.withSaveHandler(async (artifacts) => {
    const data = Buffer.from(artifacts.weightData);
    const size = Math.ceil(data.length / shards);
    const paths = [];
    for (let k = 0; k < shards; k++) {
      const file = shards > 1 ? `group1-shard${k + 1}of${shards}.bin`
        : `${name}.weights.bin`;
      paths.push(file);
      const part = data.subarray(k * size, (k + 1) * size);
      fs.writeFileSync(path.join(folder, file), part);
    }
    fs.writeFileSync(path.join(folder, "model.json"), JSON.stringify({
      format: artifacts.format,
      generatedBy: artifacts.generatedBy,
      convertedBy: artifacts.convertedBy,
      modelTopology: artifacts.modelTopology,
      weightsManifest: [{ paths, weights: artifacts.weightSpecs }],
    }));
    return { modelArtifactsInfo: { dateSaved: new Date(),
      modelTopologyType: "JSON" } };
  });
  await model.save(handler);
  const output = model.predict(input);
  fs.writeFileSync(path.join(folder, "expected.json"), JSON.stringify({
    input: input.arraySync(), output: output.arraySync(),
  }));
}

async function main() {
  await tf.setBackend("cpu");
  const L = tf.layers;
  const seed = 7;
  const init = () => tf.initializers.randomUniform({ minval: -0.6,
    maxval: 0.6, seed });
  const own = { kernelInitializer: init(), recurrentInitializer: init(),
    biasInitializer: init() };

  const words = tf.sequential();
  words.add(L.embedding({ inputDim: 7, outputDim: 4, inputLength: 5,
    embeddingsInitializer: init() }));
  words.add(L.lstm({ units: 3, returnSequences: true, ...own }));
  words.add(L.gru({ units: 3, ...own }));
  words.add(L.dense({ units: 2, activation: "softmax",
    kernelInitializer: init() }));
  await save("words", words, tf.tensor2d([[1, 4, 2, 6, 0]], [1, 5], "int32"),
    3);

  const x = tf.input({ shape: [4, 2] });
  const both = L.bidirectional({ layer: L.lstm({ units: 2,
    returnSequences: true, ...own }), mergeMode: "concat" }).apply(x);
  const plain = L.simpleRNN({ units: 3, ...own }).apply(both);
  const normal = L.batchNormalization().apply(plain);
  const y = L.dense({ units: 1, kernelInitializer: init() }).apply(normal);
  await save("wired", tf.model({ inputs: x, outputs: y }),
    tf.randomNormal([1, 4, 2], 0, 1, "float32", 3), 1);
}

main();
