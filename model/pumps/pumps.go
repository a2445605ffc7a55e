package pumps

import (
	"github.com/wantwrite/wantwrite/model"
)

// ReferenceSpec is the reference pump's.
func ReferenceSpec() model.Spec {
	return model.Spec{Name: "reference", New: NewReference,
		About: "the correct pump: hunts must find nothing in it"}
}

// Shapes lists the correct pumps whose shape differs from the reference's.
func Shapes() []model.Spec {
	return []model.Spec{FilterSpec(), ReadyFlagsSpec(), WriteRequestSpec(), CompletionSpec(),
		OneLockSpec(), NestedSpec()}
}

// Sound lists the correct pumps, in which hunts must find nothing: the reference
// and the shapes.
func Sound() []model.Spec {
	return append([]model.Spec{ReferenceSpec()}, Shapes()...)
}

// Pumps lists the pumps of the project: the three of kv_engine and the sound
// ones. Mutants are listed apart.
func Pumps() []model.Spec {
	return append(kvSpecs(), Sound()...)
}
