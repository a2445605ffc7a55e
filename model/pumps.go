package model

// ReferenceSpec is the reference pump's.
func ReferenceSpec() Spec {
	return Spec{Name: "reference", New: NewReference,
		About: "the correct pump: hunts must find nothing in it"}
}

// Shapes lists the correct pumps whose shape differs from the reference's.
func Shapes() []Spec {
	return []Spec{FilterSpec(), ReadyFlagsSpec(), WriteRequestSpec(), CompletionSpec(),
		OneLockSpec(), NestedSpec()}
}

// Sound lists the correct pumps, in which hunts must find nothing: the reference
// and the shapes.
func Sound() []Spec {
	return append([]Spec{ReferenceSpec()}, Shapes()...)
}

// Pumps lists the pumps of the project: the three of kv_engine and the sound
// ones. Mutants are listed apart.
func Pumps() []Spec {
	return append(kvSpecs(), Sound()...)
}
