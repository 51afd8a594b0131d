// Package bias holds the steps that measure and correct how a text speaks of groups of people: `measure_bias` counts who is spoken of and with which
// words, `groups` writes into a column of whom a row speaks, `counterfactual` swaps the words of two groups. Which words stand for a group is a file of lists
// (lists/gender.yaml; wordlist.go reads it). Measures that need no text are plain functions: measures.go, identity.go.
package bias
