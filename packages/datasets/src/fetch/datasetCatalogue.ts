import type { Checksum } from './download.js';

/** A file at the source. */
export interface CatalogueFile {
  readonly url: string;
  /** its name on disk; for an archive, the archive's */
  readonly fileName: string;
  /** its size, where somebody states it; null otherwise */
  readonly bytes: number | null;
  /** nothing larger is accepted */
  readonly mostBytes: number;
  /** not needed for interactions; left out with `--content off` */
  readonly content?: boolean;
  /** only where one is published, with who publishes it */
  readonly checksum?: Checksum & { readonly source: string };
  /** files taken out of the archive, by their path in it */
  readonly unpack?: readonly string[];
}

/** A public data set. */
export interface CatalogueEntry {
  readonly name: string;
  readonly title: string;
  /** page that describes it */
  readonly source: string;
  readonly licence: string;
  /** name under which `publishedCounts` lists what it must hold */
  readonly counts: string;
  readonly files: readonly CatalogueFile[];
}

const gibibyte = 2 ** 30;
const amazonHost = 'https://snap.stanford.edu/data/amazon/productGraph';
/** GroupLens publishes no SHA-256 itself. */
const tensorFlowDatasets = 'tensorflow/datasets, tensorflow_datasets/url_checksums/movielens.txt';
const grouplensHost = 'https://files.grouplens.org/datasets/movielens';

function amazon(name: string, title: string, category: string): CatalogueEntry {
  return {
    name,
    title: `Amazon 2014, ${title}, 5-core`,
    source: 'https://cseweb.ucsd.edu/~jmcauley/datasets/amazon/links.html',
    licence: 'none stated; research use, cite McAuley et al. 2015 (SIGIR) and He and McAuley 2016 (WWW)',
    counts: category.toLowerCase(),
    files: [
      {
        url: `${amazonHost}/categoryFiles/reviews_${category}_5.json.gz`,
        fileName: `reviews_${category}_5.json.gz`,
        bytes: null,
        mostBytes: 2 * gibibyte,
      },
      {
        url: `${amazonHost}/categoryFiles/meta_${category}.json.gz`,
        fileName: `meta_${category}.json.gz`,
        bytes: null,
        mostBytes: 2 * gibibyte,
        content: true,
      },
      {
        url: `${amazonHost}/image_features/categoryFiles/image_features_${category}.b`,
        fileName: `image_features_${category}.b`,
        bytes: null,
        mostBytes: 40 * gibibyte,
        content: true,
      },
    ],
  };
}

/** @param stated size and SHA-256 of the archive as TensorFlow Datasets lists them */
function movieLens(
  name: string,
  title: string,
  stated: { readonly bytes: number; readonly sha256: string },
): CatalogueEntry {
  return {
    name,
    title,
    source: 'https://grouplens.org/datasets/movielens/',
    licence: "research use under the terms of the data set's README; no redistribution without permission",
    counts: name,
    files: [
      {
        url: `${grouplensHost}/${name}.zip`,
        fileName: `${name}.zip`,
        bytes: stated.bytes,
        mostBytes: gibibyte,
        checksum: { algorithm: 'sha256', digest: stated.sha256, source: tensorFlowDatasets },
        unpack: ['ratings.csv', 'movies.csv', 'README.txt'].map((file) => `${name}/${file}`),
      },
    ],
  };
}

/**
 * Public data sets that `data fetch` knows. A checksum stands here only with who publishes it; the digest of any other file
 * is recorded at the first download and compared at later ones.
 */
export const datasetCatalogue: readonly CatalogueEntry[] = [
  amazon('baby', 'Baby', 'Baby'),
  amazon('sports', 'Sports and Outdoors', 'Sports_and_Outdoors'),
  amazon('clothing', 'Clothing, Shoes and Jewelry', 'Clothing_Shoes_and_Jewelry'),
  movieLens('ml-latest-small', 'MovieLens latest, small (2018)', {
    bytes: 978_202,
    sha256: '696d65a3dfceac7c45750ad32df2c259311949efec81f0f144fdfb91ebc9e436',
  }),
  movieLens('ml-25m', 'MovieLens 25M', {
    bytes: 261_978_986,
    sha256: '8b21cfb7eb1706b4ec0aac894368d90acf26ebdfb6aced3ebd4ad5bd1eb9c6aa',
  }),
];
