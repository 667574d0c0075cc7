#pragma once
#include <nmr/platform/completion.hpp>
#include <nmr/platform/std_atomics.hpp>

NMR_BEGIN_NAMESPACE

/// A completion whose function runs where an executor runs it, for whatever takes a completion and no executor: the last
/// one out only posts it.
///
/// Lifetime      as Completion: in use until its function has been entered there.
class NMR_PUBLIC_TYPE PostedCompletion : public Completion {
 public:
  NMR_LOCAL PostedCompletion(Executor& executor, Function function, void* context) noexcept
      : Completion(&fire, this), executor_(executor), run_(function), context_(context) {}
  NMR_LOCAL ~PostedCompletion() = default;

 private:
  NMR_LOCAL static void fire(Completion& node, void* self) noexcept {
    auto& posted = *static_cast<PostedCompletion*>(self);
    posted.posted_ = !posted.posted_;
    if (!posted.posted_) return posted.run_(node, posted.context_);
    (void)node.begin_use<StdAtomics>("post");
    posted.executor_.post(posted.executor_, node);
  }

  Executor& executor_;
  Function run_;
  void* context_;
  bool posted_ = false;
};

NMR_END_NAMESPACE
