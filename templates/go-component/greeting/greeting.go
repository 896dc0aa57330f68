// Package greeting is what the component does, without WebAssembly.
package greeting

import (
	"errors"
	"strings"
)

// ErrNoName is returned for a name that is blank.
var ErrNoName = errors.New("say whom to greet")

// Greet greets by name.
func Greet(greeting, name string) (string, error) {
	name = strings.TrimSpace(name)
	if name == "" {
		return "", ErrNoName
	}
	return greeting + ", " + name + "!", nil
}
