// Package openprovence prunes as OpenProvence's process() does
// (https://github.com/hotchpotch/open_provence, revision 9635cbc): the same
// arguments, the same sentences, the same blocks, the same rules, so that who
// comes from there gets the scores and the texts they know.
//
//	request.go    Request: the arguments of process(), and their forms
//	model.go      Options, New, Model.Process: the way of a request
//	sentences.go  texts to sentences
//	punkt.go      English sentences, as NLTK's Punkt finds them
//	blocks.go     sentences to what the model reads at once
//	response.go   scores to what is kept, and the form of the answer
//	json.go       arguments and answer as JSON
//	text.go       Python's notion of lines and white space
//
// # Defects of the reference
//
// These are mended here. Request.Defects brings back those marked (D), to
// compare answers; the others have no switch.
//
//   - (D) A title in front of a text moves the scores: each sentence gets the
//     scores of the tokens that lie the title's length before it. Wrong
//     sentences are kept.
//   - (D) The end of a long sentence is never read beside a long question.
//   - (D) The parts of a sentence longer than half a block count alike, a part of
//     256 tokens and a rest of 3. Here each token counts alike.
//   - (D) Chinese, Hindi and Arabic are split as if they were English. Here they are
//     split at their own full stops.
//   - A question longer than a block fails in the encoder. Here it is cut, but
//     not with Defects.
//   - (D) The tokens of a block are looked for in what the model reads, and a
//     block that occurs in the question is found there: its sentences get the
//     scores of the question.
//   - Special tokens in a text ("[SEP]") act as such. Here they are text.
//   - Scores are squeezed: models were trained towards probabilities with the
//     logit, and a sigmoid is put on that. Document.Logit is the logit itself.
//   - A list of lists of texts for several questions holds texts, though the
//     manual says sentences. Here as there it holds texts.
//
// # Differences
//
// Japanese is split at marks and lines, not by the library fast-bunkai, unless
// Options.Other does better. Batches change nothing: each block runs alone.
//
// What is not here: HTML, budgets, offsets (package prune).
package openprovence
