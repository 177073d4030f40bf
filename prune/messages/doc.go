// Package messages prunes the context inside chat messages, as OpenAI's API has
// them, for the question that the last user message asks. Everything outside the
// context stays as it came, byte for byte: white space, escapes, the order of
// names, and fields that this package does not know.
//
//	options.go  Options, Mark: what of the messages is context
//	read.go     the JSON of messages to texts and their places in it
//	literal.go  a JSON string, its text, and the way back from text to JSON
//	find.go     marks in a text, documents between them
//	chat.go     a conversation: its pieces of context and its question
//	prune.go    Prune, Answer, Piece: pieces through a pruner and back
//
// What is not here: how a text is pruned (prune), HTTP (api).
package messages
