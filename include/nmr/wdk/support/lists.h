#pragma once
/// Linked lists. The caller sees to it that one thread at a time is at a list. What is unlinked where its neighbours do
/// not point at it (twice, or never linked) is reported as misuse, and stays.
#include <nmr/wdk/ntdef.h>

NMR_WDK_API VOID nmr_wdk_misuse(const char* object, const char* function, const char* rule,
                                const volatile void* address);

NMR_WDK_IN_LINE VOID InitializeListHead(_Out_ PLIST_ENTRY head) { head->Flink = head->Blink = head; }
NMR_WDK_IN_LINE BOOLEAN IsListEmpty(_In_ const LIST_ENTRY* head) { return (BOOLEAN)(head->Flink == head); }

NMR_WDK_IN_LINE VOID nmr_wdk_link_between(PLIST_ENTRY before, PLIST_ENTRY entry, PLIST_ENTRY behind) {
  entry->Blink = before;
  entry->Flink = behind;
  before->Flink = entry;
  behind->Blink = entry;
}
NMR_WDK_IN_LINE VOID InsertHeadList(_Inout_ PLIST_ENTRY head, _Out_ PLIST_ENTRY entry) {
  nmr_wdk_link_between(head, entry, head->Flink);
}
NMR_WDK_IN_LINE VOID InsertTailList(_Inout_ PLIST_ENTRY head, _Out_ PLIST_ENTRY entry) {
  nmr_wdk_link_between(head->Blink, entry, head);
}

/// Returns whether the list is empty now.
NMR_WDK_IN_LINE BOOLEAN RemoveEntryList(_In_ PLIST_ENTRY entry) {
  PLIST_ENTRY before = entry->Blink;
  PLIST_ENTRY behind = entry->Flink;
  if (before == 0 || behind == 0 || before->Flink != entry || behind->Blink != entry) {
    nmr_wdk_misuse("LIST_ENTRY", "RemoveEntryList", "its neighbours do not point at it", entry);
    return FALSE;
  }
  before->Flink = behind;
  behind->Blink = before;
  return (BOOLEAN)(before == behind);
}
/// Returns what was unlinked; of an empty list its head.
NMR_WDK_IN_LINE PLIST_ENTRY RemoveHeadList(_Inout_ PLIST_ENTRY head) {
  PLIST_ENTRY entry = head->Flink;
  (void)RemoveEntryList(entry);
  return entry;
}
NMR_WDK_IN_LINE PLIST_ENTRY RemoveTailList(_Inout_ PLIST_ENTRY head) {
  PLIST_ENTRY entry = head->Blink;
  (void)RemoveEntryList(entry);
  return entry;
}

NMR_WDK_IN_LINE VOID PushEntryList(_Inout_ PSINGLE_LIST_ENTRY head, _Inout_ PSINGLE_LIST_ENTRY entry) {
  entry->Next = head->Next;
  head->Next = entry;
}
/// Returns what was unlinked, or null.
NMR_WDK_IN_LINE PSINGLE_LIST_ENTRY PopEntryList(_Inout_ PSINGLE_LIST_ENTRY head) {
  PSINGLE_LIST_ENTRY entry = head->Next;
  if (entry != 0) head->Next = entry->Next;
  return entry;
}
