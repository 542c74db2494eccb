declare const layers: readonly (readonly string[])[];
export = layers;
