package messages_test

import (
	"context"
	"fmt"

	"github.com/ragprune/ragprune/prune"
	"github.com/ragprune/ragprune/prune/messages"
)

func ExamplePrune() {
	pruner, err := prune.New(prune.Options{Counter: words{}}) // without a model: by words
	if err != nil {
		panic(err)
	}
	answer, err := messages.Prune(context.Background(), pruner, messages.Request{Messages: []byte(`[
  {"role": "system", "content": "Be brief.\n<context>The tower is 330 metres high. Cows give milk.</context>"},
  {"role": "user", "content": "How high is the tower?"}
]`)})
	if err != nil {
		panic(err)
	}
	fmt.Println(string(answer.Messages))
	fmt.Println(answer.Pieces[0].Pointer, answer.Pieces[0].Tokens)
	// Output:
	// [
	//   {"role": "system", "content": "Be brief.\n<context>The tower is 330 metres high.</context>"},
	//   {"role": "user", "content": "How high is the tower?"}
	// ]
	// /messages/0/content {9 6}
}
