"""MicroLens as its server lists it: pairs, titles without a header, counts, covers, features."""

import numpy as np

from backend.schema import Modality

PAIRS = "user,item,timestamp\n1,2,1583378629552\n1,1,1584391262000\n2,1,1584391262123\n"


def test_everything_that_belongs_to_a_video(bring_in, jpeg, npy):
    imported = bring_in(
        {
            "MicroLens-100k_pairs.csv": PAIRS,
            "MicroLens-100k_pairs.tsv": "1\t2 1\n2\t1\n",
            "MicroLens-100k_title_en.csv": "1,Cats, dogs and more\n2,\n3,Never seen\n",
            "tags_to_summary.csv": "1,Animals\n2,News\n",
            "MicroLens-100k_likes_and_views.txt": "1\t12\t3400\n2\t0\t9\n",
            "MicroLens-100k_comment_en.txt": '1\t2\tSo "true"\n2\t1\tnice\tcat\n',
            "MicroLens-100k_covers/1.jpg": jpeg,
            "extracted_modality_features/MicroLens-100k_image_features_CLIPRN50.npy": npy(
                np.eye(3, dtype=np.float32)
            ),
            "extracted_modality_features/MicroLens-100k_video_features_VideoMAE.npy": npy(
                np.ones((3, 2))
            ),
            "readme.txt": "Hello",
        }
    )
    dataset = imported.dataset
    items = dataset.items
    assert items["title"].tolist() == ["Cats, dogs and more", "", "Never seen"]
    assert items["category"].tolist() == ["Animals", "News", ""]
    assert items["views"].tolist() == ["3400", "9", ""]
    assert (items["image"] != "").tolist() == [True, False, False]
    assert dataset.interactions["timestamp"].tolist() == [1583378629, 1584391262, 1584391262]
    assert dataset.interactions["review"].tolist() == ['So "true"', "", "nice\tcat"]
    assert dataset.given_features(Modality.IMAGE)[0].tolist() == np.eye(3).tolist()
    assert set(dataset.given) == {Modality.IMAGE, Modality.VIDEO}
    assert imported.validation.problems == ()


def test_sequences_without_times(bring_in):
    imported = bring_in(
        {
            "MicroLens-50k_pairs.tsv": "7\t3 1\n8\t1\n",
            "MicroLens-50k_titles.csv": 'item,title\n1,"One, two"\n3,Three\n',
        }
    )
    assert imported.dataset.user_ids.tolist() == ["7", "8"]
    assert imported.dataset.items["title"].tolist() == ["One, two", "Three"]
    assert imported.dataset.interactions["item_num"].tolist() == [1, 0, 0]
    assert imported.dataset.interactions["timestamp"].tolist() == [0, 0, 0]
