// Package tokenizer turns text into the token ids of a Hugging Face
// tokenizer.json, with the byte span of every token in the text.
//
// Ids and spans are those of the Rust library `tokenizers` with its matching
// of special tokens switched off: a literal "[SEP]" in a document is plain
// text, so no document can end its own segment. Unicode data come from that
// library too (unicode.txt), because it follows no single Unicode version.
//
// The way through the package:
//
//	tokenizer.go  Load, Parse, Tokenizer: what callers use
//	cut.go        the beginning of a text that has so many tokens
//	config.go     tokenizer.json, and what of it is supported
//
// BERT's way, in one pass:
//
//	bert.go       BertNormalizer, BertPreTokenizer and WordPiece as one pass
//	words.go      text to normalised words, with where each byte came from
//	marks.go      runs of combining marks in canonical order
//	charmap.go    code point to what normalisation makes of it
//	unicode.go    the tables the character map is made from
//	wordpiece.go  a word to vocabulary entries, longest match first
//	short.go      whole tokens of a few bytes, found with one probe
//	trie.go       the vocabulary
//
// The general way, part by part, for every other file:
//
//	general.go    the pipeline, and what takes its tokens
//	stretch.go    a part of the text with where each byte came from
//	added.go      added tokens, cut out before all else
//	normalizers.go, nfc.go, nfkc.go, precompiled.go, transform.go
//	              NFC, NFKC, Lowercase, Replace and so on; the maps of sentencepiece
//	pretokenizers.go, split.go, patterns.go, classes.go
//	              text to words: Metaspace, ByteLevel, Split by the patterns that
//	              published files have, classes of characters
//	bpe.go, bpe_config.go
//	              byte-level BPE and that of sentencepiece, by merges
//	unigram.go, scores.go
//	              the best segmentation, with scores read as the library does
//	template.go   special tokens around one text and two; trimmed spans
//
// What is not here: truncation and padding (package labeler builds its own
// windows), and decoding ids to text.
package tokenizer
