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
//	bert.go       BertNormalizer, BertPreTokenizer and WordPiece as one pass
//	words.go      text to normalised words, with where each byte came from
//	marks.go      runs of combining marks in canonical order
//	charmap.go    code point to what normalisation makes of it
//	unicode.go    the tables the character map is made from
//	wordpiece.go  a word to vocabulary entries, longest match first
//	short.go      whole tokens of a few bytes, found with one probe
//	trie.go       the vocabulary
//
// What is not here: special tokens around a text, pairs, truncation and
// padding (package labeler builds its own windows), decoding ids to text, and
// the model types Unigram and BPE, which Parse refuses by name.
package tokenizer
