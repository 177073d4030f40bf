package tokenizer_test

import (
	"fmt"
	"log"

	"github.com/ragprune/ragprune/models/tokenizer"
)

func Example() {
	tok, err := tokenizer.Load("../ragprune-small/tokenizer.json")
	if err != nil {
		log.Fatal(err)
	}
	text := "Élan vital [SEP]"
	e := tok.Encode(text)
	for i, id := range e.IDs {
		fmt.Printf("%5d %q\n", id, text[e.Spans[i].Start:e.Spans[i].End])
	}
	cls, _ := tok.Special("[CLS]")
	fmt.Println("window:", tok.AppendIDs([]int32{cls}, "vital"), "of", tok.Count(text)+1, "ids")
	// Output:
	//  3449 "Él"
	//  2319 "an"
	//  8995 "vital"
	//  1031 "["
	// 19802 "SEP"
	//  1033 "]"
	// window: [101 8995] of 7 ids
}
