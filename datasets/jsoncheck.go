package datasets

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// jsonChecker checks that bytes are one strict JSON value: RFC 8259 in valid UTF-8 without lone surrogates (RFC 7493), no name twice in an object. It
// scans by itself, as that is several times faster than a decoder, and asks the decoder of go-json-experiment only for the reason of a refusal; a fuzz
// target holds the two against each other.
type jsonChecker struct {
	scan jsonScanner
}

// check returns why b is not one JSON value, in words for a user.
func (c *jsonChecker) check(b []byte) error {
	if c.scan.valid(b) {
		return nil
	}
	if err := referenceCheck(b); err != nil {
		return err
	}
	return nil // the scanner is stricter in nothing; where the two differ the decoder is right
}

// referenceCheck is the check by the decoder.
func referenceCheck(b []byte) error {
	dec := jsontext.NewDecoder(bytes.NewReader(b))
	if _, err := dec.ReadValue(); err != nil {
		return jsonReason(err, b)
	}
	if _, err := dec.ReadToken(); err != io.EOF {
		if err == nil {
			return fmt.Errorf("more stands after the value at byte %d", dec.InputOffset())
		}
		return jsonReason(err, b)
	}
	return nil
}

// jsonReason turns the decoder's error into one sentence with the byte where it happened, counted from 0 in the row.
func jsonReason(err error, b []byte) error {
	if err == io.EOF {
		return errors.New("it is empty")
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("it ends in the middle of a value after %d bytes", len(b))
	}
	var syntax *jsontext.SyntacticError
	if !errors.As(err, &syntax) {
		return err
	}
	reason := strings.TrimPrefix(syntax.Err.Error(), "jsontext: ")
	if errors.Is(syntax.Err, jsontext.ErrDuplicateName) {
		reason = "a name stands twice in an object"
	}
	where := ""
	if p := string(syntax.JSONPointer); p != "" {
		where = " in " + p
	}
	return fmt.Errorf("not valid JSON at byte %d%s: %s", syntax.ByteOffset, where, reason)
}
